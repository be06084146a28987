// Trees, paths, existence and refs, with names in any spelling, against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include <hfasync/hf_hub_url.hpp>
#include <hfasync/types/repo_file.hpp>

#include "read_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace {

const std::string odd = "w \xc3\xa9#1/m\xc3\xb6?%+&.txt", branch = "\xc3\xbcn\xc3\xaf/#1%20a+b&c";

struct OddNames : ReadFixture {
    OddNames()
    {
        commit = seed("acme/M.od_el-1", "license: mit", RepoType::model,
                      {{odd, "x"}, {"big.bin", std::string(2000, 'b')}, {"d/e/f.txt", "f"}});
        wait(ann.create_branch("acme/M.od_el-1", branch));
    }
    Texts paths(ListRepoTreeOptions options)
    {
        Texts out;
        for (const auto& entry : wait(ann.list_repo_tree("acme/M.od_el-1", std::move(options)).collect()))
            out.push_back(std::visit([](const auto& e) { return e.path; }, entry));
        return out;
    }
    std::string commit;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_files, OddNames)

BOOST_AUTO_TEST_CASE(trees_over_pages_and_revisions)
{
    const Texts all{"README.md", "big.bin", "d", "d/e", "d/e/f.txt", "w \xc3\xa9#1", odd};
    for (const auto& revision : {std::string("main"), branch, commit, commit.substr(0, 7)})
        BOOST_TEST((paths({.recursive = true, .revision = revision}) == all), revision);
    BOOST_TEST((paths({.path_in_repo = "w \xc3\xa9#1"}) == Texts{odd}));
    BOOST_TEST((paths({}) == Texts{"README.md", "big.bin", "d", "w \xc3\xa9#1"}));
    BOOST_CHECK_THROW(paths({.path_in_repo = "none"}), EntryNotFoundError);
    BOOST_CHECK_THROW(paths({.revision = "refs/pr/1"}), RevisionNotFoundError);
    const auto expanded = wait(ann.list_repo_tree("acme/M.od_el-1", {.expand = true}).collect());
    const auto& big = std::get<RepoFile>(expanded.at(1));
    BOOST_TEST(big.lfs.value().size == 2000u);
    BOOST_TEST(big.last_commit.value().oid == commit);
}

BOOST_AUTO_TEST_CASE(paths_and_existence)
{
    const auto infos = wait(ann.get_paths_info("acme/M.od_el-1", {odd, "d", "none"}, {.revision = branch}));
    BOOST_TEST(infos.size() == 2u);
    BOOST_TEST(wait(ann.file_exists("acme/M.od_el-1", odd, {.revision = branch})));
    BOOST_TEST(!wait(ann.file_exists("acme/M.od_el-1", "none")));
    BOOST_TEST(!wait(ann.file_exists("acme/M.od_el-1", odd, {.revision = "none"})));
    BOOST_TEST(wait(ann.revision_exists("acme/M.od_el-1", branch)));
    BOOST_TEST(!wait(ann.revision_exists("acme/M.od_el-1", "refs/pr/1")));
    const auto info = wait(ann.model_info("acme/M.od_el-1", {.revision = branch, .files_metadata = true}));
    BOOST_TEST(info.sha.value_or("") == commit);
    BOOST_TEST(info.siblings.value().at(1).lfs.value().size == 2000u);
}

BOOST_AUTO_TEST_CASE(urls_of_files)
{
    const auto url = hf_hub_url(hub, "acme/M.od_el-1", odd, {.revision = branch});
    BOOST_TEST(url == hub.options().endpoint + "/acme/M.od_el-1/resolve/%C3%BCn%C3%AF%2F%231%2520a%2Bb%26c/"
                                               "w%20%C3%A9%231/m%C3%B6%3F%25%2B%26.txt");
    BOOST_TEST(wait(ann.get_hf_file_metadata(url)).size.value() == 1u);
    BOOST_TEST(hf_hub_url(hub, "acme/rows", "f.txt", {.subfolder = "d/e", .repo_type = "dataset"}) ==
               hub.options().endpoint + "/datasets/acme/rows/resolve/main/d/e/f.txt");
    BOOST_CHECK_THROW(hf_hub_url(hub, "acme/x", "../f.txt"), ValueError);
    BOOST_CHECK_THROW(hf_hub_url(hub, "acme/x", ""), ValueError);
    BOOST_CHECK_THROW(hf_hub_url(hub, "a/b/c", "f.txt"), ValueError);
    BOOST_CHECK_THROW(hf_hub_url(hub, "acme/x", "f.txt", {.repo_type = "models"}), ValueError);
    BOOST_CHECK_THROW(hf_hub_url(hub, "acme/x", "f.txt", {.revision = "a\nb"}), ValueError);
}

BOOST_AUTO_TEST_CASE(pull_requests_have_refs)
{
    const auto made =
        wait(ann.upload_file(UploadSource::bytes("pr"), "pr.txt", "acme/M.od_el-1", {.create_pr = true}));
    BOOST_TEST(made.pr_revision.value_or("") == "refs/pr/1");
    const auto refs = wait(ann.list_repo_refs("acme/M.od_el-1", {.include_pull_requests = true}));
    BOOST_TEST(refs.branches.size() == 2u);
    BOOST_TEST(refs.pull_requests.value().at(0).ref == "refs/pr/1");
    BOOST_TEST(wait(ann.list_repo_files("acme/M.od_el-1", {.revision = "refs/pr/1"}).collect()).size() == 5u);
    BOOST_TEST(wait(ann.model_info("acme/M.od_el-1", {.revision = "refs/pr/1"})).siblings.value().size() ==
               5u);
    const auto history = wait(ann.list_repo_commits("acme/M.od_el-1", {.revision = "refs/pr/1"}).collect());
    BOOST_TEST(history.size() == 2u);
    BOOST_TEST(history.at(1).commit_id == commit);
}

BOOST_AUTO_TEST_CASE(gated_and_private_files)
{
    wait(ann.update_repo_settings("acme/M.od_el-1", {.gated = Gated("auto")}));
    BOOST_TEST(wait(ann.file_exists("acme/M.od_el-1", odd)));
    BOOST_CHECK_THROW(wait(bob.file_exists("acme/M.od_el-1", odd)), GatedRepoError);
    BOOST_CHECK_THROW(wait(nobody.file_exists("acme/M.od_el-1", odd)), GatedRepoError);
    BOOST_TEST(wait(bob.repo_exists("acme/M.od_el-1")));
    wait(ann.update_repo_settings("acme/M.od_el-1", {.private_ = true}));
    BOOST_TEST(!wait(bob.repo_exists("acme/M.od_el-1")));
    BOOST_TEST(!wait(bob.file_exists("acme/M.od_el-1", odd)));
    BOOST_CHECK_THROW(wait(bob.list_repo_refs("acme/M.od_el-1")), RepositoryNotFoundError);
}

BOOST_AUTO_TEST_CASE(a_renamed_repo_answers_under_both_names)
{
    wait(ann.move_repo("acme/M.od_el-1", "ann/new"));
    BOOST_TEST(wait(ann.model_info("acme/M.od_el-1")).id == "ann/new");
    BOOST_TEST(paths({.path_in_repo = "w \xc3\xa9#1"}).size() == 1u);
    BOOST_TEST(wait(ann.get_paths_info("acme/M.od_el-1", odd)).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
