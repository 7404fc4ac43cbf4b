using System.Globalization;
using System.Text.Json;
using Hydra.Engine;

namespace Hydra;

/// <summary>Finds a JSON value within others.</summary>
/// <param name="value">The value.</param>
/// <param name="path">Where it must stand; null for anywhere.</param>
internal sealed class ValueFinder(JsonElement value, string? path)
{
    /// <summary>
    /// The first place of the value in a payload of JSON, as it is shown; null when it is not in it. What is masked is
    /// not found, or one could find out by trying.
    /// </summary>
    public string? Find(Payload payload)
    {
        using var document = PayloadText.Read(payload);
        return document is null ? null
            : path is null ? Find(document.RootElement, "$")
            : Select(document.RootElement) is { } selected && JsonElement.DeepEquals(selected, value) ? path
            : null;
    }

    private string? Find(JsonElement element, string at)
    {
        if (JsonElement.DeepEquals(element, value))
        {
            return at;
        }

        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    if (Find(property.Value, $"{at}.{property.Name}") is { } found)
                    {
                        return found;
                    }
                }

                return null;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray())
                {
                    if (Find(item, string.Create(CultureInfo.InvariantCulture, $"{at}[{index++}]")) is { } found)
                    {
                        return found;
                    }
                }

                return null;
            default:
                return null;
        }
    }

    /// <summary>Goes down a path of names and indices: "$.order.items[0]".</summary>
    private JsonElement? Select(JsonElement element)
    {
        var parts = path!.TrimStart('$').Replace("[", ".[", StringComparison.Ordinal)
            .Split('.', StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in parts)
        {
            if (part is ['[', .. var digits, ']'])
            {
                if (element.ValueKind != JsonValueKind.Array
                    || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                    || index >= element.GetArrayLength())
                {
                    return null;
                }

                element = element[index];
            }
            else if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(part, out element))
            {
                return null;
            }
        }

        return element;
    }
}
