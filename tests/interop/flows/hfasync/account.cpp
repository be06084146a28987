// Accounts: whoami, users, papers. The accounts and papers are those of ../users.json.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

Task whoami(Run run)
{
    const Json me = co_await run.ann.whoami();
    run.same(me["name"].as_string(), "ann", "name");
    run.same(me["fullname"].as_string(), "Ann 安", "fullname");
    run.same(me["type"].as_string(), "user", "type");
    run.same(me["orgs"].size(), 1u, "organisations");
    run.same(me["orgs"][0]["name"].as_string(), "acme", "organisation");
    run.same(me["orgs"][0]["roleInOrg"].as_string(), "admin", "role in the organisation");
    const Json other = co_await run.ann.whoami({.token = "hf_bob"});
    run.same(other["name"].as_string(), "bob", "a token of the call goes first");
    run.same(other["isPro"].as_bool(), true, "pro");
    run.same(co_await run.ann.get_token_permission(), "write", "permission");
    run.same(co_await run.ann.get_token_permission({.token = "hf_wrong"}), std::nullopt, "of a wrong token");
    co_await run.raises<HTTPError>(run.ann.whoami({.token = "hf_wrong"}), "a wrong token", 401);
    co_await run.raises<LocalTokenNotFoundError>(run.nobody.whoami(), "no token");
}

std::vector<std::string> names(const std::vector<User>& users)
{
    std::vector<std::string> out;
    for (const auto& user : users)
        out.push_back(user.username);
    return sorted(std::move(out));
}

Task users(Run run)
{
    using Names = std::vector<std::string>;
    const auto ann = co_await run.ann.get_user_overview("ann");
    run.same(ann.username, "ann", "username");
    run.same(ann.fullname, "Ann 安", "fullname");
    run.same(ann.details, "ML & more", "details");
    run.same(ann.is_pro, false, "not pro");
    run.same(ann.num_followers, 2u, "number of followers");
    run.same(ann.num_following, 1u, "number of those whom she follows");
    run.same(ann.orgs.size(), 1u, "organisations");
    run.same(ann.orgs[0].name, "acme", "organisation");
    run.same(ann.orgs[0].fullname, "Acme, Inc.", "full name of the organisation");
    run.same((co_await run.nobody.get_user_overview("bob")).is_pro, true, "bob is pro");
    run.same(names(co_await run.ann.list_user_followers("ann").collect()), (Names{"bob", "eve"}),
             "followers");
    run.same(names(co_await run.ann.list_user_following("ann").collect()), Names{"bob"}, "following");
    run.same(names(co_await run.ann.list_organization_members("acme").collect()), Names{"ann"}, "members");
    co_await run.raises<HfHubHTTPError>(run.ann.get_user_overview("nobody-of-this-name"), "no such user",
                                        404);
    co_await run.raises<HfHubHTTPError>(run.ann.list_user_followers("nobody-of-this-name").collect(),
                                        "followers of nobody", 404);

    const auto repo = co_await run.make_repo("ann/account-users");
    const auto before = (co_await run.ann.list_liked_repos({.user = "bob"})).total;
    co_await run.bob.like(repo);
    const auto likes = co_await run.ann.list_liked_repos({.user = "bob"});
    run.same(likes.user, "bob", "whose likes");
    run.same(likes.total, before + 1, "number of likes");
    run.check(has(likes.models, repo), "what bob likes");
    run.check(!has((co_await run.ann.list_liked_repos()).models, repo), "what ann likes");
    co_await run.bob.unlike(repo);
    run.same((co_await run.ann.list_liked_repos({.user = "bob"})).total, before, "a like is taken back");
}

Task papers(Run run)
{
    const auto found = co_await run.ann.list_papers({.query = "herd"}).collect();
    run.same(ids(found), std::vector<std::string>{"2407.21783"}, "search");
    const auto none = co_await run.ann.list_papers({.query = "no-such-word"}).collect();
    run.check(none.empty(), "nothing is found");
    const auto paper = co_await run.ann.paper_info("2407.21783");
    run.same(paper.title, "The Herd of Models", "title");
    run.same(paper.summary, "Größe & #1", "summary");
    run.same(paper.authors, (std::vector<std::string>{"Ann", "Li 李"}), "authors");
    run.same(paper.upvotes, 107, "upvotes");
    run.same(paper.published_at, parse_timestamp("2024-07-31T17:54:27Z"), "published");
    run.same(paper.submitted_at, parse_timestamp("2024-08-01T00:33:12.456Z"), "submitted");
    run.check(paper.submitted_by && paper.submitted_by->fullname.size() > 0, "by whom");
    run.same((co_await run.ann.paper_info("hep-th/9711200")).title, "Old", "an id with a slash");
    co_await run.raises<HfHubHTTPError>(run.ann.paper_info("9999.99999"), "no such paper", 404);
}

} // namespace

Flows account_flows()
{
    return {{"account.whoami", whoami}, {"account.users", users}, {"account.papers", papers}};
}

} // namespace hfasync::flows
