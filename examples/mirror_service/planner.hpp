// From the rules to jobs: which repos there are, and where their branches stand.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include <hfasync/hfasync.hpp>

#include "config.hpp"
#include "status.hpp"
#include "work_list.hpp"

namespace mirror {

/// A repo that a rule stands for.
struct PlannedRepo {
    const RepoRule* rule = nullptr;
    std::string repo_id;
    std::optional<std::string> head; ///< of main, when the listing has said so
};

class Planner {
public:
    /// All three must outlive it.
    Planner(const hfasync::Hub& source, const Config& config, WorkList& list, Status& status);

    /// Looks at all repos and puts what is new into the list. A repo that cannot be looked up is a problem in
    /// the Status and stops no other one; where the list is away, they wait for it.
    asio::awaitable<void> round();
    /// The same for one repo, because its Hub said that it has changed. \returns how many rules are about it
    asio::awaitable<std::size_t> look_at(hfasync::RepoType type, std::string repo_id);

private:
    asio::awaitable<std::vector<PlannedRepo>> expand(const RepoRule* rule);
    asio::awaitable<bool> plan_one(PlannedRepo repo);
    template <class F>
    std::invoke_result_t<F&> insist(std::string repo_id, F ask);
    asio::awaitable<bool> list_answers();

    hfasync::HfApi api_;
    const Config& config_;
    WorkList& list_;
    Status& status_;
    std::set<std::string> told_; ///< looked at since the round began: what it has listed is older
};

/// Whether a rule's pattern (OWNER/GLOB, or an id) is about this repo.
bool matches(const RepoRule& rule, const std::string& repo_id);

} // namespace mirror
