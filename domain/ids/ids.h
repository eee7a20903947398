#pragma once

// Identifiers that are derived, never drawn: a retry or a replay makes the same ones, and no two
// processes have to agree on anything. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plazo::ids {

// 16 characters of base32; the same for every retry of the opening request, so that a retry lands
// on the same partition and is seen as a repeat.
std::string TicketId(std::string_view tenant, std::string_view request_id);

// Hex, 32 characters. `content` is what the client sent, serialised; what we add (times, snapshots)
// stays out.
std::string CommandId(std::string_view tenant, std::string_view request_id,
                      std::string_view content);

// Something that a command caused: the n-th notification, entry or follow-up command of it.
// `what` separates the kinds. 16 characters of base32.
std::string DerivedId(std::string_view command_id, std::string_view what, int64_t n);

// Keys of aggregates, as they stand on the topics.
std::string TicketKey(std::string_view ticket_id);
std::string CustomerKey(std::string_view tenant, std::string_view customer_id);
std::string TenantKey(std::string_view tenant);
std::string PolicyKey(std::string_view bundle_hash);
inline constexpr std::string_view kLaneKey = "lane";

// The part behind `prefix/`; nullopt for another kind of key.
std::optional<std::string_view> AfterPrefix(std::string_view key, std::string_view prefix);

// What a person says on the telephone (F30): `sequence * lanes + lane` with a check digit that
// catches every single wrong digit and every swap of two neighbours (Damm).
// Requires sequence >= 1 and 0 <= lane < lanes.
std::string CaseNumber(int64_t sequence, int32_t lane, int32_t lanes);

// The lane of a well-formed case number; nullopt for a mistyped one.
std::optional<int32_t> LaneOfCaseNumber(std::string_view case_number, int32_t lanes);

}  // namespace plazo::ids
