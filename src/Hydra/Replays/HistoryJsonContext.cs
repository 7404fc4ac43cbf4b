using System.Text.Json.Serialization;

namespace Hydra;

/// <summary>How what is recorded becomes JSON that can be read back: every property of every row.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    MaxDepth = 512, // A payload may be nested deeply, and stands in it as it is.
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [
        typeof(HistoryPayloadConverter),
        typeof(HistoryInstantConverter),
        typeof(HistorySessionConverter),
        typeof(HistoryIdConverter),
    ])]
[JsonSerializable(typeof(ExecutionDetails))]
internal sealed partial class HistoryJsonContext : JsonSerializerContext;
