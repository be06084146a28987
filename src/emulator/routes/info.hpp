// The JSON of one repo, as info and listings give it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/card.hpp"
#include "emulator/json_text.hpp"
#include "emulator/router.hpp"

namespace hfasync::emulator {

/// One repo at one commit.
struct RepoView {
    const store::Repo* repo; ///< never null
    store::RepoSettings settings;
    std::optional<store::Oid> commit; ///< none: a repo without commits
    std::shared_ptr<const CardFacts> facts;
};

RepoView view_repo(Site& site, const store::Repo& repo, std::optional<store::Oid> commit);

/// The properties that `expand` may name.
const std::vector<std::string_view>& expandable(RepoType type);
/// Names of `expand`, checked. \throws Refusal 400
std::vector<std::string> read_expand(const Request& request, RepoType type);

/// `"name": value` of one property; nothing when this repo has no such thing.
void write_property(JsonText& out, const RepoView& view, std::string_view name, bool with_blobs = false);
/// {"_id", "id", ...} and these properties.
void write_repo(JsonText& out, const RepoView& view, const std::vector<std::string>& properties);

} // namespace hfasync::emulator
