using Hydra.Soak.Servers;
using Hydra.Soak.Support;

namespace Hydra.Soak;

[Collection(nameof(Alone))]
public sealed class MySqlStoppedBodyTests() : StoppedBodyTests(new MySqlSoakServer());
