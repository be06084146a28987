#include <boost/test/unit_test.hpp>

#include <string>

#include <hfasync/error.hpp>
#include <hfasync/repo_id.hpp>

using namespace hfasync;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(base_repo_id)

BOOST_AUTO_TEST_CASE(good_ids_pass)
{
    for (const auto& good : {"gpt2"s, "acme/tiny"s, "a/b"s, "_x_/_y_"s, "A.b-c_d/1.0"s,
                             "acme/"s + std::string(96, 'a'), "x.git.y"s})
        BOOST_CHECK_NO_THROW(validate_repo_id(good));
}

BOOST_AUTO_TEST_CASE(ids_that_the_reference_refuses)
{
    for (const auto& bad : {"datasets/acme/books"s,
                            "acme//tiny"s,
                            "a/b/c"s,
                            "acme/ti--ny"s,
                            "acme/ti..ny"s,
                            "acme/ti ny"s,
                            "acme/..tiny"s,
                            "acme/tiny.git"s,
                            "acme/"s + std::string(97, 'a'),
                            ""s,
                            "/"s,
                            "a/"s,
                            "/a"s,
                            "-a"s,
                            "a-"s,
                            ".a"s,
                            "a."s,
                            "a/-b"s,
                            "-a/b"s,
                            "a:b"s,
                            "a\\b"s,
                            "a%2Fb"s})
        BOOST_CHECK_THROW(validate_repo_id(bad), HFValidationError);
}

BOOST_AUTO_TEST_CASE(ids_that_the_references_regex_lets_pass)
{
    for (const auto& bad :
         {"u/r\n"s, "u\n/r"s, "\xc3\xbc/r"s, "u/r\xc3\xbc"s, "u/r\0"s, std::string(97, 'u') + "/r"})
        BOOST_CHECK_THROW(validate_repo_id(bad), HFValidationError);
}

BOOST_AUTO_TEST_CASE(the_message_names_rule_and_id)
{
    BOOST_CHECK_EXCEPTION(
        validate_repo_id("models/acme/tiny"), HFValidationError, [](const HFValidationError& e) {
            return std::string(e.what()) == "Repo id must be in the form 'repo_name' or "
                                            "'namespace/repo_name': 'models/acme/tiny'. Use the repo_type "
                                            "argument if needed" &&
                   e.code() == errc::validation;
        });
    BOOST_CHECK_EXCEPTION(validate_repo_id("u/r\x1b"), HFValidationError, [](const HFValidationError& e) {
        return std::string(e.what()).find('\x1b') == std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(parts)
{
    BOOST_TEST(split_repo_id("acme/tiny").owner == "acme");
    BOOST_TEST(split_repo_id("acme/tiny").name == "tiny");
    BOOST_TEST(split_repo_id("gpt2").owner.empty());
    BOOST_TEST(split_repo_id("gpt2").name == "gpt2");
}

BOOST_AUTO_TEST_CASE(repo_types)
{
    for (RepoType type : {RepoType::model, RepoType::dataset, RepoType::space})
        BOOST_TEST((parse_repo_type(to_string(type)) == type));
    BOOST_TEST(plural(RepoType::space) == "spaces");
    BOOST_TEST(url_prefix(RepoType::model) == "");
    BOOST_TEST(url_prefix(RepoType::dataset) == "datasets/");
    for (const char* bad : {"", "models", "Model", "x"})
        BOOST_CHECK_THROW(parse_repo_type(bad), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
