using System.Text.Json.Serialization;

namespace Hydra.Bench;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Measurement))]
[JsonSerializable(typeof(ChildReport))]
internal sealed partial class BenchJson : JsonSerializerContext;
