namespace Hydra.Tests.Servers;

/// <summary>What a proxy does with a message.</summary>
internal enum Fate
{
    /// <summary>It passes.</summary>
    Pass,

    /// <summary>Both connections are reset instead.</summary>
    Cut,

    /// <summary>It and all later ones of its side are lost, and nobody is told.</summary>
    Swallow,
}
