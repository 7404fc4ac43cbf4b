using System.Text.Json.Nodes;

namespace Hydra.Engine;

/// <summary>What is known of the payloads of one type.</summary>
internal sealed record PayloadShape
{
    /// <summary>What writes them; null for JSON.</summary>
    public IPayloadSerializer? Serializer { get; init; }

    /// <summary>What brings JSON from a version to the next.</summary>
    public IReadOnlyDictionary<int, Func<JsonNode?, JsonNode?>> Upcasts { get; init; } =
        new Dictionary<int, Func<JsonNode?, JsonNode?>>();

    /// <summary>The version that is written: one behind the last that is brought up.</summary>
    public int Version { get; init; }

    /// <summary>Brings JSON of an older version to today's, one version after the other.</summary>
    /// <exception cref="PayloadException">One of the steps is not there.</exception>
    public JsonNode? Upcast(JsonNode? json, int version, Type type)
    {
        for (; version < Version; version++)
        {
            json = Upcasts.TryGetValue(version, out var upcast)
                ? upcast(json)
                : throw new PayloadException(
                    $"A payload of version {version} cannot be read as {type.Name}: nothing in this build brings it to "
                    + $"version {version + 1}. Add it with HydraBuilder.Payloads.Upcast.");
        }

        return json;
    }
}
