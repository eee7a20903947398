// The topics that Strimzi makes from deploy/k8s are those that `plazoctl topics apply` makes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <string>

#include "domain/core/topics.h"

namespace plazo {
namespace {

using Config = std::map<std::string, std::string>;

TEST(TopicsInManifests, AreThoseOfTheCode) {
  constexpr int kReplicas = 3;
  std::map<std::string, Config> declared;
  for (const YAML::Node& topic : YAML::LoadAllFromFile("deploy/k8s/components/kafka/topics.yaml")) {
    EXPECT_EQ(topic["spec"]["partitions"].as<int>(), kPartitions);
    EXPECT_EQ(topic["spec"]["replicas"].as<int>(), kReplicas);
    declared[topic["metadata"]["name"].as<std::string>()] =
        topic["spec"]["config"].as<std::map<std::string, std::string>>();
  }

  std::map<std::string, Config> coded;
  for (const TopicSpec& spec : TopicSpecs(Topics(), kReplicas)) {
    coded[spec.name] = Config(spec.config.begin(), spec.config.end());
  }

  EXPECT_THAT(declared, ::testing::ContainerEq(coded));
}

}  // namespace
}  // namespace plazo
