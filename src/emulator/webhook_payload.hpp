// What a webhook is told, and whether it may be told: no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/store/repo.hpp"
#include "emulator/store/webhook_store.hpp"

namespace hfasync::emulator {

/// A ref that has moved; an empty hash stands for none.
struct UpdatedRef {
    std::string ref; ///< "refs/heads/main"
    std::string old_sha, new_sha;
};

/// Something that has happened to a repo.
struct WebhookEvent {
    std::string action; ///< create, update, delete, move
    std::string scope;  ///< repo, repo.content, repo.config, discussion, discussion.comment
    store::RepoSettings repo;
    std::string head_sha;                 ///< of main; empty for none
    std::vector<UpdatedRef> updated_refs; ///< of repo.content
    std::string discussion, comment;      ///< ready JSON; empty for none

    /// What a webhook asks for: "discussion" or "repo".
    std::string_view domain() const noexcept
    {
        return scope.starts_with("discussion") ? "discussion" : "repo";
    }
};

/// Whether its watched items and domains cover the event.
bool covers(const store::Webhook& webhook, const WebhookEvent& event);

/// The body of the Hub's POST (version 3). `endpoint`: of the embedded Hub, for the URLs in it.
std::string webhook_payload(std::string_view endpoint, const store::Webhook& webhook,
                            const WebhookEvent& event);

/// Where a delivery goes.
struct LoopbackTarget {
    std::string address; ///< a literal of 127.0.0.0/8 or ::1
    std::uint16_t port = 80;
    std::string host;   ///< for the Host field
    std::string target; ///< path and query
};
/// nullopt for every URL that is not plain http to this machine: the embedded Hub calls nobody else, and
/// resolves no name.
std::optional<LoopbackTarget> loopback_target(std::string_view url);

/// Whether the Hub would take it for a URL at all.
bool is_web_url(std::string_view url);

} // namespace hfasync::emulator
