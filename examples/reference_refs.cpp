// The calls of the area "refs"; docs/reference/refs.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    //[list_repo_refs
    const auto refs = co_await api.list_repo_refs("acme/tiny", {.include_pull_requests = true});
    for (const auto& branch : refs.branches)
        std::cout << branch.ref << " is at " << branch.target_commit << "\n";
    //]
    //[list_repo_commits
    auto commits = api.list_repo_commits("acme/tiny", {.revision = "main"});
    while (auto commit = co_await commits.next())
        std::cout << commit->commit_id.substr(0, 7) << " " << commit->title << "\n";
    //]
    //[create_branch
    co_await api.create_branch("acme/tiny", "trial", {.revision = "main", .exist_ok = true});
    //]
    //[create_tag
    co_await api.create_tag("acme/tiny", "v1.0", {.tag_message = "First version", .revision = "main"});
    //]
    //[super_squash_history
    co_await api.super_squash_history("acme/tiny", {.branch = "trial", .commit_message = "All of it"});
    //]
    //[delete_branch
    co_await api.delete_branch("acme/tiny", "trial");
    //]
    //[delete_tag
    co_await api.delete_tag("acme/tiny", "v1.0");
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
