namespace Hydra.Testing;

/// <summary>How the two calls of a race meet.</summary>
internal enum Meeting
{
    /// <summary>The one has ended before the other begins.</summary>
    OneFirst,

    /// <summary>The other has ended before the one begins.</summary>
    OtherFirst,

    /// <summary>
    /// The one halts in its middle, with whatever locks it has by then, until the other ends or waits.
    /// </summary>
    OneHalts,

    /// <summary>The other halts in its middle until the one ends or waits.</summary>
    OtherHalts,

    /// <summary>Both begin at the same moment.</summary>
    Together,
}
