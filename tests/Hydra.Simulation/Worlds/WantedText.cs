using System.Runtime.CompilerServices;

namespace Hydra.Simulation.Worlds;

/// <summary>
/// A text that is put together only when somebody will read it: why a check failed, or what stands in a trace.
/// </summary>
/// <remarks>Nearly all checks hold, and nearly no world is traced.</remarks>
[InterpolatedStringHandler]
internal ref struct WantedText
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Why a check failed: wanted when it does not hold.</summary>
    public WantedText(int literalLength, int formattedCount, bool holds, out bool isWanted)
    {
        isWanted = !holds;
        _text = isWanted ? new(literalLength, formattedCount) : default;
    }

    /// <summary>What happens in a world: wanted when that is traced.</summary>
    public WantedText(int literalLength, int formattedCount, SimulatedWorld world, out bool isWanted)
    {
        isWanted = world.IsTraced;
        _text = isWanted ? new(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

    /// <summary>The text; empty when it is not wanted.</summary>
    public string Take() => _text.ToStringAndClear();
}
