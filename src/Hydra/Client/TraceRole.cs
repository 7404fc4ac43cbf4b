namespace Hydra;

/// <summary>What a value is to the one in whose record it was found.</summary>
public enum TraceRole
{
    /// <summary>The workflow was started with it.</summary>
    WorkflowInput = 0,

    /// <summary>A step consumed it: it is in its input.</summary>
    Consumed = 1,

    /// <summary>A step produced it: it is in its output.</summary>
    Produced = 2,

    /// <summary>The workflow resulted in it.</summary>
    WorkflowOutput = 3,
}
