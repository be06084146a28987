// The calls of the area "repos"; docs/reference/repos.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    //[create_repo
    const auto repo = co_await api.create_repo("acme/notes", {.private_ = true, .exist_ok = true});
    std::cout << repo.repo_id << " is at " << repo.url << "\n";
    //]
    //[repo_exists
    if (co_await api.repo_exists("acme/notes", {.repo_type = "model"})) std::cout << "it is there\n";
    //]
    //[revision_exists
    if (!co_await api.revision_exists("acme/notes", "v1.0")) std::cout << "but not in that version\n";
    //]
    //[repo_info
    const hfasync::RepoInfo info = co_await api.repo_info("acme/notes", {.repo_type = "model"});
    if (const auto* model = std::get_if<hfasync::ModelInfo>(&info))
        std::cout << model->id << (model->private_.value_or(false) ? " is private\n" : " is public\n");
    //]
    //[auth_check
    try {
        co_await api.auth_check("acme/notes");
    } catch (const hfasync::GatedRepoError&) {
        std::cout << "ask for access first\n";
    }
    //]
    //[get_full_repo_name
    const std::string mine = co_await api.get_full_repo_name("notes");
    const std::string ours = co_await api.get_full_repo_name("notes", {.organization = "acme"});
    std::cout << mine << " or " << ours << "\n";
    //]
    //[update_repo_settings
    co_await api.update_repo_settings("acme/notes", {.private_ = false});
    //]
    //[move_repo
    co_await api.move_repo("acme/notes", "acme/diary");
    //]
    //[delete_repo
    co_await api.delete_repo("acme/diary", {.missing_ok = true});
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
