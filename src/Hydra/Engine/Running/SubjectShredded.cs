namespace Hydra.Engine.Running;

/// <summary>The key of the execution's subject was destroyed.</summary>
internal sealed record SubjectShredded;
