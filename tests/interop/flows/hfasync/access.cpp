// Gated repos and who may read them; likes.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

using Names = std::vector<std::string>;

Names names(const std::vector<AccessRequest>& requests)
{
    Names out;
    for (const auto& one : requests)
        out.push_back(one.username);
    return out;
}

Task requests(Run run)
{
    const auto id = co_await run.make_repo("acme/access-requests");
    co_await run.put(id, "x.txt", "x");
    co_await run.raises<BadRequestError>(run.ann.list_pending_access_requests(id), "not gated", 400);
    co_await run.ann.update_repo_settings(id, {.gated = "manual"});
    run.same((co_await run.bob.model_info(id)).id, id, "its infos are for everybody");
    co_await run.raises<GatedRepoError>(run.bob.hf_hub_download(id, "x.txt"), "its files are not", 403);
    co_await run.raises<GatedRepoError>(run.nobody.hf_hub_download(id, "x.txt"), "nor without a token", 401);
    run.same(run.post("/" + id + "/ask-access", "hf_bob", R"({"Company":"Globex"})"), 303, "bob asks");
    const auto pending = co_await run.ann.list_pending_access_requests(id);
    run.same(names(pending), Names{"bob"}, "pending");
    run.same(pending[0].status, "pending", "status");
    run.same(pending[0].fields["Company"].as_string(), "Globex", "what he filled in");
    co_await run.raises<HfHubHTTPError>(run.ann.cancel_access_request(id, "bob"), "pending already", 404);
    co_await run.raises<GatedRepoError>(run.bob.auth_check(id), "not yet", 403);
    co_await run.ann.accept_access_request(id, "bob");
    run.same(names(co_await run.ann.list_accepted_access_requests(id)), Names{"bob"}, "accepted");
    run.check((co_await run.ann.list_pending_access_requests(id)).empty(), "pending no more");
    run.same(read_file(co_await run.bob.hf_hub_download(id, "x.txt")), "x", "he reads it");
    co_await run.raises<HfHubHTTPError>(run.ann.accept_access_request(id, "bob"), "accepted twice", 404);
    co_await run.ann.cancel_access_request(id, "bob");
    run.same(names(co_await run.ann.list_pending_access_requests(id)), Names{"bob"},
             "cancelled: pending again");
    co_await run.ann.reject_access_request(id, "bob");
    const auto rejected = co_await run.ann.list_rejected_access_requests(id);
    run.same(names(rejected), Names{"bob"}, "rejected");
    run.same(rejected[0].status, "rejected", "status");
    co_await run.raises<GatedRepoError>(run.bob.auth_check(id), "out again", 403);
    co_await run.ann.grant_access(id, "bob");
    co_await run.bob.auth_check(id);
    co_await run.raises<BadRequestError>(run.ann.grant_access(id, "bob"), "granted twice", 400);
    co_await run.raises<HfHubHTTPError>(run.ann.grant_access(id, "nobody-of-this-name"), "no such user", 404);
    co_await run.raises<HfHubHTTPError>(run.bob.list_accepted_access_requests(id), "not bob's", 403);
    co_await run.raises<RepositoryNotFoundError>(run.ann.list_accepted_access_requests(id + "-none"),
                                                 "no such repo", 404);
}

Task like(Run run)
{
    const auto model = co_await run.make_repo("ann/likes-like");
    const auto data = co_await run.make_repo("ann/likes-like", {.repo_type = "dataset"});
    const auto users = [](std::vector<User> found) {
        Names out;
        for (const auto& user : found)
            out.push_back(user.username);
        return sorted(std::move(out));
    };
    co_await run.ann.like(model);
    co_await run.ann.like(model); // once is enough
    co_await run.bob.like(model);
    co_await run.bob.like(data, {.repo_type = "dataset"});
    run.same((co_await run.ann.model_info(model)).likes, 2u, "likes of the model");
    run.same((co_await run.ann.dataset_info(data)).likes, 1u, "likes of the dataset");
    run.same(users(co_await run.ann.list_repo_likers(model).collect()), (Names{"ann", "bob"}),
             "who likes it");
    run.same(users(co_await run.ann.list_repo_likers(data, {.repo_type = "dataset"}).collect()), Names{"bob"},
             "who likes the dataset");
    const auto likes = co_await run.bob.list_liked_repos();
    run.same(likes.user, "bob", "one's own is the default");
    run.check(has(likes.models, model) && has(likes.datasets, data) && likes.spaces.empty(),
              "what bob likes");
    co_await run.ann.unlike(model);
    run.same((co_await run.ann.model_info(model)).likes, 1u, "a like is taken back");
    run.same(users(co_await run.ann.list_repo_likers(model).collect()), Names{"bob"}, "the other stays");
    run.check(!has((co_await run.ann.list_liked_repos()).models, model), "nor does the user list it");
    co_await run.raises<RepositoryNotFoundError>(run.ann.like(model + "-none"), "no such repo", 404);
}

} // namespace

Flows access_flows()
{
    return {{"access.requests", requests}, {"likes.like", like}};
}

} // namespace hfasync::flows
