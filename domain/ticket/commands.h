#pragma once

// One function a command. Each takes a draft of an existing ticket (Open: of none) and ends it.
// Internal to domain/ticket.

#include "domain/ticket/draft.h"

namespace plazo::ticket {

// customer_commands.cc
Effects Open(Draft draft, const core::v1::OpenTicket& command);
Effects AddCustomerMessage(Draft draft, const core::v1::AddCustomerMessage& command);
// To a ticket that does not exist.
Effects AddToNoTicket(Draft draft, const core::v1::AddCustomerMessage& command);
Effects ConfirmResolution(Draft draft, const core::v1::ConfirmResolution& command);
Effects LogCall(Draft draft, const core::v1::LogCall& command);

// agent_commands.cc
Effects Reply(Draft draft, const core::v1::ReplyToCustomer& command);
Effects AddNote(Draft draft, const core::v1::AddNote& command);
Effects Assign(Draft draft, const core::v1::AssignTicket& command);
Effects Escalate(Draft draft, const core::v1::EscalateTicket& command);
Effects Transfer(Draft draft, const core::v1::TransferTicket& command);
Effects SetImpact(Draft draft, const core::v1::SetImpact& command);
Effects GiveEstimate(Draft draft, const core::v1::GiveEstimate& command);
Effects WaitForCustomer(Draft draft, const core::v1::WaitForCustomer& command);
Effects RequestApproval(Draft draft, const core::v1::RequestApproval& command);
Effects DecideApproval(Draft draft, const core::v1::DecideApproval& command);
Effects PromoteChat(Draft draft);

// closing_commands.cc
Effects Resolve(Draft draft, const core::v1::ResolveTicket& command);
Effects Close(Draft draft, const core::v1::CloseTicket& command);
Effects Reopen(Draft draft, const core::v1::ReopenTicket& command);
Effects Merge(Draft draft, const core::v1::MergeTicket& command);
Effects AddParticipant(Draft draft, const core::v1::AddParticipant& command);
Effects RemoveParticipant(Draft draft, const core::v1::RemoveParticipant& command);
Effects AcknowledgeBreach(Draft draft, const core::v1::AcknowledgeBreach& command);
// Steps that several commands share.
void CloseTicketNow(Draft& draft, std::string_view reason);
void ReopenTicketNow(Draft& draft, std::string_view reason);

// timer_commands.cc
Effects FireTimer(Draft draft, const core::v1::TimerFired& command);
Effects TakeDeliveryReport(Draft draft, const core::v1::DeliveryReported& command);
Effects RecordBounce(Draft draft, const core::v1::RecordBounce& command);

}  // namespace plazo::ticket
