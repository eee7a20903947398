#include "platform/base/zstd.h"

#include <zstd.h>

#include <memory>

#include "platform/base/status.h"

namespace plazo {
namespace {

struct FreeStream {
  void operator()(ZSTD_DCtx* stream) const { ZSTD_freeDCtx(stream); }
};

absl::Status Damaged(std::string_view why) {
  return absl::InvalidArgumentError("zstd: " + std::string(why));
}

}  // namespace

absl::StatusOr<std::string> ZstdCompress(std::string_view bytes, int level) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size)) return Internal(std::string("zstd: ") + ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

absl::StatusOr<std::string> ZstdDecompress(std::string_view frame, size_t max_size) {
  // Streamed, because the size in the frame's header is the sender's word and may be absent.
  const std::unique_ptr<ZSTD_DCtx, FreeStream> stream(ZSTD_createDCtx());
  // 8 MiB, what level 19 needs: the window is memory that a hostile header asks for.
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, 23);
  ZSTD_inBuffer in{frame.data(), frame.size(), 0};
  std::string out;
  std::string chunk(ZSTD_DStreamOutSize(), '\0');
  size_t pending = 1;
  while (pending != 0) {
    ZSTD_outBuffer piece{chunk.data(), chunk.size(), 0};
    pending = ZSTD_decompressStream(stream.get(), &piece, &in);
    if (ZSTD_isError(pending)) return Damaged(ZSTD_getErrorName(pending));
    if (piece.pos > max_size - out.size()) {
      return absl::ResourceExhaustedError("zstd: content is larger than " +
                                          std::to_string(max_size) + " bytes");
    }
    out.append(chunk, 0, piece.pos);
    if (pending != 0 && piece.pos < piece.size && in.pos == in.size)
      return Damaged("frame is cut short");
  }
  if (in.pos != in.size) return Damaged("bytes after the end of the frame");
  return out;
}

}  // namespace plazo
