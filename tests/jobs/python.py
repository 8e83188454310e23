# SPDX-License-Identifier: ISC
# python3: computing, sorting, hashing, files, a child.
import hashlib
import json
import os
import sys

primes = [n for n in range(2, 3000) if all(n % d for d in range(2, int(n ** .5) + 1))]
print(len(primes), primes[-1], sum(primes))
values = sorted((i * 7919 % 10007 for i in range(5000)), reverse=True)
print(values[:3], values[-3:], 2 ** 200)
print(hashlib.sha256(b"leash" * 1000).hexdigest())
data = {"list": primes[:5], "text": "caf\u00e9", "nested": {"pi": 3.141592653589793}}
assert json.loads(json.dumps(data)) == data
print(json.dumps(data, sort_keys=True))
path = os.path.join(os.environ["TMP"], "python.txt")
with open(path, "w") as file:
    file.writelines(f"{i}\n" for i in range(500))
with open(path) as file:
    print(sum(map(int, file)), os.stat(path).st_size)
os.unlink(path)
pid = os.fork()
if pid == 0:
    os._exit(9)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
try:
    open("/no/such/file")
except FileNotFoundError as e:
    print(e)
print(sys.version_info[:2], "{:>8.3f}|{:<5}|".format(2.71828, "ab"))
