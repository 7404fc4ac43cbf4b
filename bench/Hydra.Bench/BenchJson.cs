using System.Text.Json.Serialization;

namespace Hydra.Bench;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Measurement))]
internal sealed partial class BenchJson : JsonSerializerContext;
