// The calls of the area "users"; docs/reference/users.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    //[whoami
    const hfasync::Json me = co_await api.whoami();
    const std::string name = me["name"].as_string().value();
    std::cout << name << " is in " << me["orgs"].size() << " organisations\n";
    //]
    //[get_token_permission
    const auto permission = co_await api.get_token_permission();
    std::cout << "the token may " << permission.value_or("do nothing") << "\n";
    //]
    //[get_user_overview
    const hfasync::User user = co_await api.get_user_overview(name);
    std::cout << user.fullname << " has " << user.num_models.value_or(0) << " models\n";
    //]
    //[list_organization_members
    auto members = api.list_organization_members("acme");
    while (auto member = co_await members.next())
        std::cout << member->username << "\n";
    //]
    //[list_user_followers
    auto followers = co_await api.list_user_followers(name).collect(100);
    //]
    //[list_user_following
    auto following = co_await api.list_user_following(name).collect(100);
    //]
    std::cout << followers.size() << " followers, follows " << following.size() << "\n";
    //[like
    co_await api.like("acme/tiny");
    //]
    //[list_liked_repos
    const auto liked = co_await api.list_liked_repos({.user = name});
    std::cout << liked.total << " likes, " << liked.models.size() << " of them for models\n";
    //]
    //[list_repo_likers
    auto likers = api.list_repo_likers("acme/tiny");
    while (auto liker = co_await likers.next())
        std::cout << liker->username << "\n";
    //]
    //[unlike
    co_await api.unlike("acme/tiny");
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
