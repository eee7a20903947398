#include "platform/redis/script.h"

#include <openssl/sha.h>

#include "platform/base/encoding.h"

namespace plazo::redis {
namespace {

std::string Sha1Hex(std::string_view bytes) {
  std::string digest(SHA_DIGEST_LENGTH, '\0');
  SHA1(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
       reinterpret_cast<unsigned char*>(digest.data()));
  return Hex(digest);
}

}  // namespace

Script::Script(std::string_view name, std::string_view source)
    : name_(name), source_(source), sha1_(Sha1Hex(source)) {}

}  // namespace plazo::redis
