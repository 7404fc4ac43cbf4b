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
        var found = Reach(Bare(type), options);
        var whole = WholeOf(found);
        IEnumerable<string> names = whole.Contains(Bare(type))
            ? [Everything]
            : found.Values
                .SelectMany(static info => info?.Properties ?? [])
                .Where(property => IsMarked(property) || whole.Contains(Bare(property.PropertyType)))
                .Select(static property => property.Name)
                .Distinct()
                .Order(StringComparer.Ordinal);
        return Encoding.UTF8.GetBytes(string.Join('\0', names));
    }

    /// <summary>Every type that values of a type may contain. What is marked is not looked into.</summary>
    private static Dictionary<Type, JsonTypeInfo?> Reach(Type type, JsonSerializerOptions options)
    {
        var found = new Dictionary<Type, JsonTypeInfo?>();
        var left = new Stack<Type>([type]);
        while (left.TryPop(out var next))
        {
            if (!found.TryAdd(next, null) || next.IsPrimitive || next == typeof(string) || IsMarked(next)
                || Find(next, options) is not { } info)
            {
                continue;
            }

            found[next] = info;
            foreach (var part in PartsOf(info).Concat(info.Properties.Select(static one => Bare(one.PropertyType))))
            {
                left.Push(part);
            }
        }

        return found;
    }

    /// <summary>
    /// The types whose values are sensitive as a whole: those that are marked, those that may consist of such, and
    /// those whose marked members stand under names that only a value tells.
    /// </summary>
    /// <remarks>Types may contain each other, so it is asked of all of them until no more are found.</remarks>
    private static HashSet<Type> WholeOf(Dictionary<Type, JsonTypeInfo?> found)
    {
        var whole = found.Keys.Where(IsMarked)
            .Concat(found.Values.OfType<JsonTypeInfo>().Where(HasMarkedExtension).Select(static info => info.Type))
            .ToHashSet();
        int before;
        do
        {
            before = whole.Count;
            whole.UnionWith(found.Values.OfType<JsonTypeInfo>()
                .Where(info => PartsOf(info).Any(whole.Contains))
                .Select(static info => info.Type)
                .ToList());
        }
        while (whole.Count > before);

        return whole;
    }

    /// <summary>What values of a type consist of or are, other than its properties.</summary>
    private static IEnumerable<Type> PartsOf(JsonTypeInfo info)
    {
        if (info.ElementType is { } element)
        {
            yield return Bare(element);
        }

        foreach (var derived in info.PolymorphismOptions?.DerivedTypes ?? [])
        {
            yield return derived.DerivedType;
        }
    }

    private static Type Bare(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static bool IsMarked(Type type) => type.IsDefined(typeof(SensitiveAttribute), inherit: true);

    private static bool IsMarked(JsonPropertyInfo property) =>
        IsMarked(property.AttributeProvider) || IsMarked(property.AssociatedParameter?.AttributeProvider);

    private static bool HasMarkedExtension(JsonTypeInfo info) =>
        info.Properties.Any(static property => property.IsExtensionData && IsMarked(property));

    /// <remarks>A property by itself knows nothing of the one that it overrides.</remarks>
    private static bool IsMarked(ICustomAttributeProvider? provider) => provider is MemberInfo member
        ? Attribute.IsDefined(member, typeof(SensitiveAttribute), inherit: true)
        : provider?.IsDefined(typeof(SensitiveAttribute), inherit: true) == true;

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
