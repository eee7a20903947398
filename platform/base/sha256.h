#pragma once

// SHA-256, HMAC-SHA256 and the comparison that does not tell by its duration where two marks
// differ. Digests are raw bytes (32) in a std::string: encode them with encoding.h. Functions are
// thread-safe; a hasher has one owner.

#include <memory>
#include <string>
#include <string_view>

namespace plazo {

inline constexpr size_t kSha256Size = 32;

std::string Sha256(std::string_view bytes);

// RFC 2104; a key of any length.
std::string HmacSha256(std::string_view key, std::string_view bytes);

// Equal in length and content. Time depends on the lengths only.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

// For content that arrives in pieces.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(Sha256Hasher&&) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&&) noexcept;

  void Update(std::string_view bytes);
  // The digest of everything so far; the hasher is spent.
  std::string Finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace plazo
