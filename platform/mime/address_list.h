#pragma once

// The addresses of a From, To, Cc or Reply-To header, read tolerantly: groups, comments, quoted
// strings, encoded words, commas in unquoted names, addresses without a domain. Pure, linear,
// thread-safe.

#include <cstddef>
#include <string_view>
#include <vector>

#include "platform/mime/parsed_mail.h"

namespace plazo::mime {

struct AddressList {
  std::vector<Mailbox> mailboxes;  // each with a non-empty address
  bool truncated = false;          // there were more than `max_addresses`
};

// `value` is the unfolded raw header value.
AddressList ParseAddressList(std::string_view value, std::size_t max_addresses);

}  // namespace plazo::mime
