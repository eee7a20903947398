#include "platform/kafka/loop/transaction.h"

#include <utility>

#include "platform/base/fail_point.h"
#include "platform/base/status.h"

namespace plazo::kafka {

Transaction::Transaction(Broker& broker, Options options)
    : broker_(broker), options_(std::move(options)) {}

absl::Status Transaction::Start() {
  if (producer_) return absl::OkStatus();
  auto producer = broker_.MakeTransactionalProducer(
      {.id = options_.id, .transaction_timeout = options_.transaction_timeout});
  if (!producer.ok()) return producer.status();
  PLAZO_RETURN_IF_ERROR((*producer)->Init(options_.topics, options_.call_timeout));
  producer_ = std::move(*producer);
  return absl::OkStatus();
}

absl::Status Transaction::Run(const std::vector<OutRecord>& records,
                              const std::vector<PartitionOffset>& offsets,
                              GroupConsumer& consumer) {
  PLAZO_RETURN_IF_ERROR(producer_->Begin());
  PLAZO_FAIL_POINT("router.after_begin");
  const size_t produced = records.size();
  for (const OutRecord& record : records) PLAZO_RETURN_IF_ERROR(Produce(record));
  PLAZO_RETURN_IF_ERROR(FlushAndCount(produced));
  PLAZO_FAIL_POINT("router.after_flush");
  const auto metadata = consumer.Metadata();
  if (!metadata.ok()) return metadata.status();
  PLAZO_RETURN_IF_ERROR(producer_->SendOffsets(offsets, *metadata, options_.call_timeout));
  PLAZO_FAIL_POINT("router.after_send_offsets");
  PLAZO_RETURN_IF_ERROR(producer_->Commit(options_.call_timeout));
  PLAZO_FAIL_POINT("router.after_commit");
  return absl::OkStatus();
}

absl::Status Transaction::Produce(const OutRecord& record) {
  absl::Status status = producer_->Produce(record);
  if (status.code() != absl::StatusCode::kResourceExhausted) return status;
  // The queue is full: make room once.
  if (const auto report = producer_->Flush(options_.call_timeout); !report.ok()) {
    return report.status();
  }
  return producer_->Produce(record);
}

// A flush that returns without an error says nothing about the records: it did so when every one
// had failed.
absl::Status Transaction::FlushAndCount(size_t produced) {
  const auto report = producer_->Flush(options_.call_timeout);
  if (!report.ok()) return report.status();
  if (report->failed == 0 && report->delivered == produced) return absl::OkStatus();
  const std::string counts =
      std::to_string(report->delivered) + " of " + std::to_string(produced) + " records delivered";
  if (!report->first_error.ok()) return Annotate(report->first_error, counts);
  return Error(ErrorKind::kAbortable, counts);
}

}  // namespace plazo::kafka
