"""Takes the README's picture from the running demo, with a headless Chromium that is on the PATH."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

HERE = Path(__file__).resolve().parent.parent
PORT = 8611
BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
if BROWSER is None:
    sys.exit("no Chromium on the PATH: install it, then run this again")

demo = subprocess.Popen(
    [sys.executable, "-m", "connector", "demo", "--port", str(PORT)],
    cwd=HERE,
    env=os.environ | {"PYTHONPATH": str(HERE)},
)
try:
    for _ in range(100):
        try:
            urlopen(f"http://127.0.0.1:{PORT}/").close()
            break
        except OSError:
            time.sleep(0.1)
    time.sleep(3)
    for name, size in (("demo.png", "1280,2300"),):
        subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={size}",
             f"--screenshot={HERE / 'docs' / name}", f"http://127.0.0.1:{PORT}/"],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        print(f"wrote docs/{name}")
finally:
    demo.send_signal(signal.SIGINT)
    demo.wait(timeout=30)
