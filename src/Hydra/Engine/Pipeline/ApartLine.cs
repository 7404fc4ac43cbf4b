namespace Hydra.Engine.Pipeline;

/// <summary>The groups of one writer that wait for a place to be tried in. Under the writer's lock.</summary>
/// <param name="places">Which places.</param>
/// <param name="given">Tries with a place that is had.</param>
internal sealed class ApartLine(ApartPlaces places, Action given)
{
    public ApartPlaces Places { get; } = places;

    public Action Given { get; } = given;

    public Queue<ApartGroup> Groups { get; } = new();

    /// <summary>Whether a place has been asked for and is not yet had: a writer asks for one after the other.</summary>
    public bool Asks { get; set; }

    /// <summary>
    /// How many are tried together: one, until one proves free, and then twice as many each time, until one does not.
    /// </summary>
    public int Together { get; set; } = 1;
}
