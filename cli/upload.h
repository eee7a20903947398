#pragma once

// Files for the blob store. A file is named by its content: uploading it again changes nothing.

#include <absl/status/statusor.h>

#include <string>

#include "cli/session.h"
#include "plazo/core/v1/types.pb.h"

namespace plazo::cli {

// `content_type` empty = by the file's extension. kNotFound when there is no such file.
absl::StatusOr<core::v1::AttachmentRef> UploadFile(const Session& session, const std::string& path,
                                                   const std::string& content_type);

}  // namespace plazo::cli
