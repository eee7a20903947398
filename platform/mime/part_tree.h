#pragma once

// Walks the MIME parts of a mail and collects what matters: the text for people, attachments,
// report parts.
//
// An own splitter instead of GMime's parser: GMime builds the whole tree before anybody can count
// it, so that a mail of a million empty parts costs gigabytes; here the limits hold while
// splitting. GMime reads the parameters of Content-Type (RFC 2231) and undoes the transfer
// encodings. Thread-safe.

#include <string>
#include <string_view>
#include <vector>

#include "platform/mime/header_block.h"
#include "platform/mime/machine_mail.h"
#include "platform/mime/parsed_mail.h"

namespace plazo::mime {

struct CollectedParts {
  std::string text;
  std::string html;
  std::vector<Attachment> attachments;
  ReportParts report;
  bool truncated = false;
};

// `headers` are the mail's own, `body` what follows them.
CollectedParts CollectParts(const HeaderBlock& headers, std::string_view body,
                            const ParseLimits& limits);

}  // namespace plazo::mime
