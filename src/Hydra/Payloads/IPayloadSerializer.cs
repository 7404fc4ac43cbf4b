using System.Buffers;

namespace Hydra;

/// <summary>
/// Turns values into bytes and back, in the place of System.Text.Json. Safe from many threads at once.
/// </summary>
/// <remarks>
/// Which serializer has written a payload is stored with it as the content type, so a change of serializers leaves what
/// is recorded readable as long as the engine has the old one too. The type to read always comes from the code. Equal
/// values should give equal bytes: inputs are compared on replay, at first by their bytes.
/// </remarks>
public interface IPayloadSerializer
{
    /// <summary>
    /// What it writes, such as "application/x-msgpack": at most 200 bytes of UTF-8, and not "application/json", by
    /// which the engine's own JSON is known.
    /// </summary>
    string ContentType { get; }

    /// <summary>Writes a value.</summary>
    /// <typeparam name="T">The type that the code gives it.</typeparam>
    /// <param name="value">The value, which may be null.</param>
    /// <param name="output">Where it is written.</param>
    void Write<T>(T value, IBufferWriter<byte> output);

    /// <summary>Reads a value.</summary>
    /// <typeparam name="T">The type that the code expects.</typeparam>
    /// <param name="data">What was written; it may be kept.</param>
    T Read<T>(ReadOnlyMemory<byte> data);
}
