#pragma once

// The ports of broker.h on a FakeCluster. Private to fake/.

#include <memory>
#include <string>

#include "platform/kafka/broker.h"
#include "platform/kafka/fake/fake_cluster.h"

namespace plazo::kafka {

std::unique_ptr<GroupConsumer> MakeFakeGroupConsumer(std::shared_ptr<FakeCluster> cluster,
                                                     const GroupConsumerOptions& options);
std::unique_ptr<Reader> MakeFakeReader(std::shared_ptr<FakeCluster> cluster, Isolation isolation);
std::unique_ptr<GroupOffsets> MakeFakeGroupOffsets(std::shared_ptr<FakeCluster> cluster,
                                                   const std::string& group);
std::unique_ptr<TransactionalProducer> MakeFakeTransactionalProducer(
    std::shared_ptr<FakeCluster> cluster, const TransactionalProducerOptions& options);
std::unique_ptr<IdempotentProducer> MakeFakeIdempotentProducer(
    std::shared_ptr<FakeCluster> cluster, const IdempotentProducerOptions& options);

}  // namespace plazo::kafka
