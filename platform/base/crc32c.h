#pragma once

// CRC-32C (Castagnoli): finds damage, not malice. Chain pieces by handing over the previous value.

#include <cstdint>
#include <string_view>

namespace plazo {

uint32_t Crc32c(std::string_view bytes, uint32_t crc = 0);

}  // namespace plazo
