namespace Hydra.Storage;

/// <summary>Names one life of one worker process: random at every start, never used twice.</summary>
/// <param name="Value">A positive random number; 0 stands for nobody.</param>
public readonly record struct SessionId(long Value)
{
    /// <summary>Nobody: the owner of what no worker runs.</summary>
    public static SessionId None => default;

    /// <summary>The number in hexadecimal.</summary>
    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
