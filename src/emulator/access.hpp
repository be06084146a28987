// Who asks, for which repo, and whether that is allowed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/router.hpp"

namespace hfasync::emulator {

/// The owner of the request's token; nullopt without one. \throws Refusal 401 for a token that nobody has
std::optional<store::Identity> identify(const Request& request, const Site& site);
/// \throws Refusal 401 when nobody is signed in
const store::Identity& signed_in(const Call& call);

RepoType repo_type(const Call& call);
/// The repo of {kind} and {id}. \throws Refusal 401, 404, 307 (renamed), 403 (disabled)
std::shared_ptr<store::Repo> readable(const Call& call);
/// The same for its files. \throws Refusal 401 or 403 for a gated repo without access
std::shared_ptr<store::Repo> content(const Call& call);
/// \throws Refusal 401, 403
std::shared_ptr<store::Repo> writable(const Call& call, store::Permission least = store::Permission::write);
/// A repo that may be opened pull requests to: readable, by a token that may write.
std::shared_ptr<store::Repo> contributable(const Call& call);
/// \throws Refusal 403
void require_namespace(const Call& call, std::string_view owner, const std::string& what);

/// "https://host/datasets/acme/books"
std::string repo_url(const Site& site, const store::Repo& repo);

} // namespace hfasync::emulator
