#include "services/notifier/recipients.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "platform/mime/address.h"

namespace plazo::notifier {

using namespace core::v1;

namespace {

constexpr std::string_view kManagement = "management";

class Usable {
 public:
  Usable(const policy::v1::Policy& policy, std::span<const ids::MarkKey> keys)
      : keys_(keys), domain_("@" + mime::NormalizeAddress(policy.mail().domain())) {
    own_.insert(mime::NormalizeAddress(policy.mail().from_address()));
    for (const std::string& own : policy.mail().own_addresses()) {
      own_.insert(mime::NormalizeAddress(own));
    }
  }

  bool operator()(const std::string& address) const {
    if (!mime::ValidAddress(address).ok()) return false;
    const std::string normal = mime::NormalizeAddress(address);
    if (own_.contains(normal)) return false;
    // A Reply-To of ours.
    return !(normal.ends_with(domain_) && ids::ReadMark(keys_, normal));
  }

 private:
  const std::span<const ids::MarkKey> keys_;
  const std::string domain_;
  std::set<std::string> own_;
};

bool HasBounced(const CustomerState& customer, const std::string& address) {
  const std::string normal = mime::NormalizeAddress(address);
  return std::any_of(customer.address_health().begin(), customer.address_health().end(),
                     [&](const AddressHealth& health) {
                       return health.bounced() &&
                              mime::NormalizeAddress(health.address()) == normal;
                     });
}

class Recipients {
 public:
  explicit Recipients(Usable usable) : usable_(std::move(usable)) {}

  void Add(const std::string& address) {
    if (usable_(address) && seen_.insert(mime::NormalizeAddress(address)).second) {
      addresses_.push_back(address);
    }
  }
  template <typename Addresses>
  void AddAll(const Addresses& addresses) {
    for (const std::string& address : addresses) Add(address);
  }
  bool empty() const { return addresses_.empty(); }
  std::vector<std::string> Finish() { return std::move(addresses_); }

 private:
  const Usable usable_;
  std::set<std::string> seen_;
  std::vector<std::string> addresses_;
};

void AddCustomer(const CustomerState& customer, NotificationType type, Recipients& to) {
  const auto add = [&](const std::string& address) {
    if (!HasBounced(customer, address)) to.Add(address);
  };
  for (const NotificationAddresses& each : customer.profile().notification_addresses()) {
    if (each.type() != type) continue;
    for (const std::string& address : each.addresses()) add(address);
  }
  if (to.empty()) add(customer.profile().email());
}

void AddStaff(const policy::v1::Policy& policy, std::string_view staff, Recipients& to) {
  if (staff == kManagement) return to.AddAll(policy.management().addresses());
  for (const policy::v1::Team& team : policy.teams()) {
    if (team.id() == staff) to.AddAll(team.addresses());
  }
}

}  // namespace

std::vector<std::string> RecipientsOf(const DeliveryIntent& intent, const CustomerState* customer,
                                      const policy::v1::Policy& policy,
                                      std::span<const ids::MarkKey> keys) {
  Recipients to(Usable(policy, keys));
  switch (intent.recipient_case()) {
    case DeliveryIntent::kCustomer:
      if (customer != nullptr && !customer->deleted()) {
        AddCustomer(*customer, intent.customer().type(), to);
      }
      break;
    case DeliveryIntent::kAddress:
      to.Add(intent.address());
      break;
    case DeliveryIntent::kStaff:
      AddStaff(policy, intent.staff(), to);
      break;
    case DeliveryIntent::RECIPIENT_NOT_SET:
      break;
  }
  // They are sent a copy; without the one it is for there is nothing to copy.
  if (!to.empty()) to.AddAll(intent.participants());
  return to.Finish();
}

}  // namespace plazo::notifier
