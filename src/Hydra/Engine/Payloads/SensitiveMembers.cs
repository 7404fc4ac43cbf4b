using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hydra.Engine;

/// <summary>Finds which members of a type are marked as sensitive, by the names that they have in JSON.</summary>
internal static class SensitiveMembers
{
    /// <summary>Stands for the value as a whole.</summary>
    public const string Everything = "*";

    /// <summary>What is recorded with payloads of a type: the names with NUL between, or nothing.</summary>
    public static byte[] NamesOf(Type type, JsonSerializerOptions options)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        if (Visit(type, options, names, []))
        {
            names = [Everything];
        }

        return Encoding.UTF8.GetBytes(string.Join('\0', names));
    }

    /// <summary>Whether values of a type are sensitive as a whole; the names of what is in them are added.</summary>
    private static bool Visit(Type type, JsonSerializerOptions options, SortedSet<string> names, HashSet<Type> seen)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Visit(underlying, options, names, seen);
        }

        if (type.IsDefined(typeof(SensitiveAttribute), inherit: true))
        {
            return true;
        }

        if (type.IsPrimitive || type == typeof(string) || !seen.Add(type) || Find(type, options) is not { } info)
        {
            return false;
        }

        foreach (var property in info.Properties)
        {
            if (IsMarked(property) || Visit(property.PropertyType, options, names, seen))
            {
                names.Add(property.Name);
            }
        }

        var whole = info.ElementType is { } element && Visit(element, options, names, seen);
        foreach (var derived in info.PolymorphismOptions?.DerivedTypes ?? [])
        {
            whole |= Visit(derived.DerivedType, options, names, seen);
        }

        return whole;
    }

    private static bool IsMarked(JsonPropertyInfo property) =>
        IsMarked(property.AttributeProvider) || IsMarked(property.AssociatedParameter?.AttributeProvider);

    private static bool IsMarked(ICustomAttributeProvider? provider) =>
        provider?.IsDefined(typeof(SensitiveAttribute), inherit: true) == true;

    /// <summary>A type that cannot be written at all says so when one of its values is written.</summary>
    private static JsonTypeInfo? Find(Type type, JsonSerializerOptions options)
    {
        try
        {
            return options.GetTypeInfo(type);
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
