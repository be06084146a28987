// Plays the flows of hfasync, one after the other, and appends a line of JSON for each: see ../play.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <regex>

#include "interop/flows/hfasync/run.hpp"

namespace {

using namespace hfasync;
using namespace hfasync::flows;

Flows all_flows()
{
    Flows all;
    for (const auto& area :
         {account_flows(), repo_flows(), ref_flows(), commit_flows(), upload_flows(), download_flows(),
          download_trouble_flows(), file_flows(), discussion_flows(), collection_flows(), access_flows(),
          webhook_flows(), space_flows(), endpoint_flows(), search_flows(), error_flows()})
        all.insert(all.end(), area.begin(), area.end());
    return all;
}

std::string variable(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// What stopped it; nothing when it passed. It has taken its repos away again either way.
std::optional<std::string> play(const Flow& flow, asio::io_context& context, const Run& run)
{
    // The Hub's own errors name the request; those of the checks the line.
    const auto outcome = [&](Task task) -> std::optional<std::string> {
        try {
            Hub(run.ann_hub).block_on(std::move(task));
            return std::nullopt;
        } catch (const Error& error) {
            return std::string(error.detail_name()) + ": " + error.message();
        } catch (const std::exception& error) {
            return error.what();
        }
    };
    context.restart();
    const auto problem = outcome(flow.play(run));
    const auto left = outcome(run.clean_up());
    return problem ? problem : left;
}

} // namespace

int main()
{
    if (variable("HF_ENDPOINT").empty() || variable("HF_HOME").empty()) {
        std::cerr << "usage: play hfasync PROGRAM RESULTS -- interop_flows\n";
        return 2;
    }
    const std::regex only(variable("HFASYNC_FLOWS_ONLY"));
    std::ofstream results(variable("HFASYNC_FLOW_RESULTS"), std::ios::app);
    bool all_passed = true;
    for (const auto& flow : all_flows()) {
        if (!std::regex_search(flow.name.begin(), flow.name.end(), only)) continue;
        asio::io_context context;
        const Run run(context, flow.name);
        const auto problem = play(flow, context, run);
        boost::json::object line{{"flow", flow.name}, {"passed", !problem}, {"checks", run.checks()}};
        if (problem) line["error"] = *problem;
        results << boost::json::serialize(line) << std::endl;
        all_passed = all_passed && !problem;
    }
    return all_passed ? 0 : 1;
}
