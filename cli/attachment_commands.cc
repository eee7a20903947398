#include <fstream>
#include <memory>

#include "cli/read_commands.h"
#include "cli/remote.h"
#include "cli/upload.h"
#include "platform/base/status.h"
#include "plazo/desk/v1/desk.pb.h"

namespace plazo::cli {
namespace {

struct Attachment {
  std::string file, content_type, blob_id;
};

int Upload(Session& session, const Attachment& attachment) {
  auto reference = UploadFile(session, attachment.file, attachment.content_type);
  if (!reference.ok()) return session.Fail(reference.status());
  if (session.json) {
    session.PrintJson(*reference);
  } else {
    session.out << reference->blob_id() << "  " << reference->size_bytes() << " bytes  "
                << reference->content_type() << "  " << reference->filename() << "\n";
  }
  return 0;
}

int Download(Session& session, const Attachment& attachment) {
  desk::v1::DownloadAttachmentRequest request;
  desk::v1::DownloadAttachmentResponse response;
  request.set_tenant(session.tenant);
  request.set_blob_id(attachment.blob_id);
  auto desk = Remote::Open(session, session.desk);
  if (!desk.ok()) return session.Fail(desk.status());
  std::ofstream file;
  if (!attachment.file.empty()) file.open(attachment.file, std::ios::binary);
  std::ostream& out = attachment.file.empty() ? session.out : file;
  const absl::Status read =
      desk->Read("plazo.desk.v1.DeskService/DownloadAttachment", request, response,
                 session.CallTimeout(), [&] { return !!(out << response.data()); });
  out.flush();
  if (!read.ok()) return session.Fail(read);
  if (!out) return session.Fail(Internal(attachment.file + ": could not be written"));
  return 0;
}

}  // namespace

void AddAttachments(const Command& ticket, Session& session) {
  auto upload = std::make_shared<Attachment>();
  ticket.Sub("attach", "stores a file for a later message and prints its reference")
      .Text("FILE", &upload->file, "the file", {.required = true})
      .Text("--content-type", &upload->content_type, "by the name's extension if not given")
      .Run([&session, upload] { return Upload(session, *upload); });
  auto download = std::make_shared<Attachment>();
  ticket.Sub("download", "fetches a stored file")
      .Text("BLOB", &download->blob_id, "blob id", {.required = true})
      .Text("-o,--output", &download->file, "file to write; none = standard output")
      .Run([&session, download] { return Download(session, *download); });
}

}  // namespace plazo::cli
