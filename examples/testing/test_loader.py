"""Tests of a program that loads files from the Hub, in any language. The Hub's address comes from outside:

    hfasync emulator --seed FOLDER --control -- python3 test_loader.py
"""
import http.client
import json
import os
import unittest
import urllib.error
import urllib.request

HUB, TOKEN = os.environ["HF_ENDPOINT"], os.environ["HF_TOKEN"]


def load_config(attempts=3):
    """What is tested."""
    request = urllib.request.Request(f"{HUB}/acme/tiny/resolve/main/config.json",
                                     headers={"Authorization": f"Bearer {TOKEN}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except (OSError, ValueError, http.client.HTTPException):
        if attempts == 1:
            raise
        return load_config(attempts - 1)


#[control
def control(method, what, rule=None):
    """Speaks to the route that `--control` opens."""
    body = None if rule is None else json.dumps(rule).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{HUB}/__emulator/{what}", body, method=method)) as answer:
        return json.load(answer)
#]


class LoaderTest(unittest.TestCase):
    def setUp(self):
        control("DELETE", "faults")
        control("DELETE", "requests")

    def test_loads(self):
        self.assertEqual(load_config()["model_type"], "tiny")

    #[faults
    def test_tries_again(self):
        control("POST", "faults", {"path": "*/config.json", "action": "status", "status": 503, "times": 2})
        self.assertEqual(load_config()["model_type"], "tiny")
        self.assertEqual([seen["status"] for seen in control("GET", "requests")], [503, 503, 200])

    def test_does_not_believe_half_a_file(self):
        control("POST", "faults", {"path": "*/config.json", "action": "short_body", "at": 5, "times": -1})
        self.assertRaises(http.client.IncompleteRead, load_config)
    #]

    def test_a_wrong_rule_is_refused(self):
        for rule in ({"action": "explode"}, {"action": "status", "pth": "*"}, {"path": "*"}):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                control("POST", "faults", rule)
            self.assertEqual(refused.exception.code, 400)
            self.assertIn("Fault rule: ", json.load(refused.exception)["error"])
        self.assertEqual(control("GET", "faults"), [])


if __name__ == "__main__":
    unittest.main()
