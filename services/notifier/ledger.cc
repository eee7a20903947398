#include "services/notifier/ledger.h"

#include "platform/base/encoding.h"
#include "platform/base/sha256.h"
#include "platform/mime/address.h"

namespace plazo::notifier {

std::string AddressKey(std::string_view address) {
  constexpr size_t kBytes = 10;
  return Base32(Sha256(mime::NormalizeAddress(address)).substr(0, kBytes));
}

}  // namespace plazo::notifier
