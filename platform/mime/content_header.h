#pragma once

// What a part's Content-* headers say, read tolerantly through GMime.

#include <string>
#include <string_view>

#include "platform/mime/header_block.h"

namespace plazo::mime {

struct ContentHeader {
  std::string type = "text/plain";  // lower case; text/plain where it is absent or malformed
  bool type_declared = false;
  std::string charset;
  std::string boundary;
  std::string filename;  // decoded; empty when there is none
  std::string content_id;
  std::string report_type;
  std::string transfer_encoding;  // lower case
  bool attachment = false;        // Content-Disposition says so
};

ContentHeader ReadContentHeader(const HeaderBlock& headers);

// The bytes behind a transfer encoding; an unknown one is taken as none.
std::string DecodeTransferEncoding(std::string_view body, std::string_view transfer_encoding);

}  // namespace plazo::mime
