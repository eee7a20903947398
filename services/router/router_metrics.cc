#include "services/router/router_metrics.h"

namespace plazo::router {

void ExportMetrics(observability::Metrics& metrics, const RouterCounters& router,
                   const kafka::LoopCounters& loop) {
  auto add = [&](const char* name, const char* help, const auto& value,
                 const observability::Labels& labels = {}) {
    metrics.AddGaugeFunction(
        name, help, [&value] { return static_cast<double>(value.load()); }, labels);
  };
  const char* decided = "plazo_router_decisions_total";
  const char* decided_help = "Commands decided, by outcome.";
  add(decided, decided_help, router.applied, {{"outcome", "applied"}});
  add(decided, decided_help, router.repeated, {{"outcome", "repeated"}});
  add(decided, decided_help, router.refused, {{"outcome", "refused"}});
  add("plazo_router_dead_letters_total", "Commands put aside undecided.", router.dead_letters);
  add("plazo_router_transactions_total", "Transactions committed.", loop.transactions);
  add("plazo_router_outputs_total", "Records in committed transactions.", loop.outputs);
  add("plazo_router_doubts_total", "Commits whose outcome had to be looked up.", loop.doubts);
  add("plazo_router_fresh_starts_total", "Times the loop began anew.", loop.fresh_starts);
  add("plazo_router_restores_total", "Lanes read back from the state topics.", loop.restores);
  add("plazo_router_restore_milliseconds_total", "Time spent on that.", loop.restore_ms);
  add("plazo_router_lanes", "Lanes owned and running.", loop.lanes);
  add("plazo_router_halted_lanes", "Lanes whose state contradicts the log: page somebody.",
      loop.halted_lanes);
  add("plazo_router_waiting_lanes", "Lanes with a record ahead of our clock.", loop.waiting_lanes);
  add("plazo_router_last_batch_commands", "Commands in the last transaction.",
      loop.last_batch_inputs);
}

}  // namespace plazo::router
