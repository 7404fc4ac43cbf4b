namespace Hydra.Engine;

/// <summary>Which types have serializers of their own and versions; all others have neither.</summary>
internal sealed class PayloadShapes
{
    private readonly IReadOnlyDictionary<Type, PayloadShape> _shapes;
    private readonly PayloadShape _other;
    private readonly bool _isEmpty;
    private readonly Dictionary<string, IPayloadSerializer> _serializers = new(StringComparer.Ordinal);

    /// <param name="all">What writes types that have no serializer of their own; null for JSON.</param>
    /// <param name="shapes">The types that have something of their own.</param>
    public PayloadShapes(IPayloadSerializer? all, IReadOnlyDictionary<Type, PayloadShape> shapes)
    {
        _other = new PayloadShape { Serializer = all };
        _shapes = shapes.ToDictionary(
            static shape => shape.Key, shape => shape.Value with { Serializer = shape.Value.Serializer ?? all });
        _isEmpty = shapes.Count == 0;
        foreach (var serializer in shapes.Values.Select(static shape => shape.Serializer).Prepend(all))
        {
            if (serializer is not null)
            {
                _serializers.TryAdd(serializer.ContentType, serializer);
            }
        }
    }

    public static PayloadShapes None { get; } = new(all: null, new Dictionary<Type, PayloadShape>());

    /// <summary>What is known of a type.</summary>
    public PayloadShape Of(Type type) => _isEmpty ? _other : _shapes.GetValueOrDefault(type, _other);

    /// <summary>Who reads a content type: the type's own serializer, if that is the one, or whoever has it.</summary>
    public IPayloadSerializer? Find(string contentType, PayloadShape shape) =>
        shape.Serializer?.ContentType == contentType ? shape.Serializer : _serializers.GetValueOrDefault(contentType);

    /// <summary>Names what stands here, as a part of the build's name.</summary>
    public IEnumerable<string> Names =>
    [
        .. _serializers.Values.Select(static serializer => $"{serializer.GetType().FullName}"),
        .. _shapes.Where(static shape => shape.Value.Version > 0)
            .Select(static shape => $"{shape.Key.FullName}@{shape.Value.Version}")
            .Order(StringComparer.Ordinal),
    ];
}
