#pragma once

// From a raw mail to what it asks for. Knows mail, the directory and our marks; decides nothing
// about tickets. Every mail ends in exactly one disposition (I17).
//
// Thread-safe. Stores attachments and the raw mail; blocks on the disk.

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "domain/ids/message_id.h"
#include "platform/blob/blob_store.h"
#include "platform/mime/parsed_mail.h"
#include "plazo/core/v1/command.pb.h"
#include "plazo/intake/v1/email.pb.h"
#include "services/intake/directory.h"

namespace plazo::intake {

struct MailRules {
  std::vector<ids::MarkKey> keys;
  // Hosts whose Received and Authentication-Results headers are believed.
  std::vector<std::string> trusted_relays;
  absl::Duration stale_after = absl::Hours(24 * 30);
  size_t max_text_bytes = 256 * 1024;
  size_t max_attachments = 50;
};

// What is to become of a mail.
struct MailReading {
  // Set when nothing is to be decided by the router: ignored, rejected, quarantined.
  v1::EmailDisposition settled = v1::EMAIL_DISPOSITION_UNSPECIFIED;
  // What an applied command makes of it.
  v1::EmailDisposition applied = v1::EMAIL_DISPOSITION_UNSPECIFIED;
  std::string reason;
  // With aggregate and body; for a quarantined mail what a person can look at.
  core::v1::Command command;
  std::string ticket_id;
};

class MailReader {
 public:
  MailReader(const Directory& directory, blob::BlobStore& blobs, MailRules rules)
      : directory_(directory), blobs_(blobs), rules_(std::move(rules)) {}

  // kUnavailable: the mail could not be kept; try again. Everything else is a reading.
  absl::StatusOr<MailReading> Read(const v1::SubmitEmailRequest& request, absl::Time now) const;

 private:
  struct Keeping;
  std::optional<Tenant> TenantOf(const v1::SubmitEmailRequest& request,
                                 const mime::ParsedMail& mail) const;
  absl::Time ReceivedTime(const mime::ParsedMail& mail, absl::Time now) const;
  bool SenderIsForged(const mime::ParsedMail& mail) const;
  std::optional<ids::Mark> FindMark(const v1::SubmitEmailRequest& request,
                                    const mime::ParsedMail& mail) const;
  core::v1::CustomerSnapshot SenderOf(const Tenant& tenant, const mime::ParsedMail& mail) const;
  absl::StatusOr<core::v1::Content> ContentOf(const mime::ParsedMail& mail) const;

  const Directory& directory_;
  blob::BlobStore& blobs_;
  const MailRules rules_;
};

}  // namespace plazo::intake
