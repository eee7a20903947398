#pragma once

// A generator that repeats itself for the same seed. Not thread-safe.

#include <cstring>
#include <random>

#include "platform/base/random.h"

namespace plazo {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed = 1) : engine_(seed) {}

  void Fill(void* data, size_t size) override {
    auto* out = static_cast<unsigned char*>(data);
    for (size_t i = 0; i < size; ++i) out[i] = static_cast<unsigned char>(engine_() >> 24);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace plazo
