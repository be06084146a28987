// The JSON of one repo, as info and listings give it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/card.hpp"
#include "emulator/json_text.hpp"
#include "emulator/router.hpp"
#include "emulator/routes/links.hpp"

namespace hfasync::emulator {

/// One repo at one commit.
struct RepoView {
    std::shared_ptr<store::Repo> repo;                   ///< never null
    std::shared_ptr<const store::RepoSettings> settings; ///< never null
    std::optional<store::Oid> commit;                    ///< none: a repo without commits
    std::shared_ptr<const CardFacts> facts;              ///< never null
};

RepoView view_repo(Site& site, const std::shared_ptr<store::Repo>& repo, std::optional<store::Oid> commit);
/// At the head of its main branch.
RepoView view_head(Site& site, const std::shared_ptr<store::Repo>& repo);
/// Whether it may be known that the repo exists. nullptr: nobody is signed in.
bool may_see(const Site& site, const store::Identity* reader, const RepoView& view);

/// The properties that `expand` may name.
const std::vector<std::string_view>& expandable(RepoType type);
/// Names of `expand`, checked. \throws Refusal 400
std::vector<std::string> read_expand(const Request& request, RepoType type);
/// Likes of the last seven days: the embedded Hub's measure of what trends.
std::uint64_t trending_score(const store::RepoSettings& settings, std::chrono::system_clock::time_point now);

/// The sizes of the files of this commit.
std::uint64_t used_storage(const RepoView& view);

enum class Siblings { names, blobs };

/// Writes repos for one reader: what they are linked with is told only as far as he may see it.
class RepoWriter {
public:
    RepoWriter(Site& site, const store::Identity* reader);
    ~RepoWriter();

    /// `"name": value` of one property; nothing when this repo has no such thing.
    void property(JsonText& out, const RepoView& view, std::string_view name);
    /// {"_id", "id", ...} and these properties.
    void repo(JsonText& out, const RepoView& view, const std::vector<std::string>& properties);

    Site& site;
    Siblings siblings = Siblings::names;
    /// Worked out when first asked for: it goes over all Spaces and models.
    const Links& links();

private:
    const store::Identity* reader_;
    std::unique_ptr<const Links> links_;
};

} // namespace hfasync::emulator
