// All of hfasync but the embedded Hub and <hfasync/json.hpp>, which brings Boost.JSON.
#pragma once

#include <hfasync/cancel.hpp>
#include <hfasync/clock.hpp>
#include <hfasync/describe.hpp>
#include <hfasync/error.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/hf_api.hpp>
#include <hfasync/hf_hub_url.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/path_filter.hpp>
#include <hfasync/progress.hpp>
#include <hfasync/repo_id.hpp>
#include <hfasync/result.hpp>
#include <hfasync/revision.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/task_graph.hpp>
#include <hfasync/time.hpp>
#include <hfasync/token.hpp>
#include <hfasync/token_store.hpp>
#include <hfasync/transfer/cache_tools.hpp>
#include <hfasync/transfer/commit_scheduler.hpp>
#include <hfasync/transfer/remote_file.hpp>
#include <hfasync/version.hpp>
