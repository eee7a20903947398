#pragma once

// The producer's side of the loop: a handle that is thrown away after any failure, and the order of
// the calls. Not thread-safe.

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <memory>
#include <string>
#include <vector>

#include "platform/kafka/broker.h"

namespace plazo::kafka {

class Transaction {
 public:
  struct Options {
    std::string id;
    std::vector<std::string> topics;
    absl::Duration transaction_timeout;
    absl::Duration call_timeout;
  };

  Transaction(Broker& broker, Options options);

  // A new producer: ends whatever a former one left open. Nothing to do when there is a good one.
  absl::Status Start();
  void Discard() { producer_.reset(); }

  // Begin, produce, flush, count the delivery reports, send offsets, commit. OK: committed.
  // Otherwise the producer is to be discarded, and the transaction may have been committed unless
  // the error is of kind kFenced.
  absl::Status Run(const std::vector<OutRecord>& records,
                   const std::vector<PartitionOffset>& offsets, GroupConsumer& consumer);

 private:
  absl::Status Produce(const OutRecord& record);
  absl::Status FlushAndCount(size_t produced);

  Broker& broker_;
  const Options options_;
  std::unique_ptr<TransactionalProducer> producer_;
};

}  // namespace plazo::kafka
