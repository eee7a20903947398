#pragma once

// Randomness as a port, for what must be unpredictable or unlike another process's: trace ids,
// jitter. Ids that a replay must make again are derived from their cause instead (sha256.h).
// Thread-safe. fake/seeded_random.h for tests.

#include <cstddef>
#include <cstdint>
#include <string>

namespace plazo {

class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(void* data, size_t size) = 0;

  std::string Bytes(size_t size) {
    std::string bytes(size, '\0');
    Fill(bytes.data(), size);
    return bytes;
  }
  // In [0, 1).
  double Unit() {
    uint64_t bits = 0;
    Fill(&bits, sizeof bits);
    return static_cast<double>(bits >> 11) * 0x1.0p-53;
  }
};

// The kernel's generator.
class SystemRandom final : public Random {
 public:
  void Fill(void* data, size_t size) override;
};

}  // namespace plazo
