/** Routes of deployments: docs/deployments.md. */
import { pageOf } from '../answer.ts'
import { actBody, createDeploymentBody, deployment } from '../deployment.ts'
import { deploymentsQuery, noQuery, writeQuery } from '../query.ts'
import type { Route } from '../route.ts'

export const deploymentRoutes = {
  listDeployments: {
    method: 'GET',
    path: '/projects/:project/deployments',
    action: 'deployment.read',
    summary: 'Lists deployments with what happened in each, newest first.',
    query: deploymentsQuery,
    environmentIn: 'query',
    answer: pageOf(deployment),
  },
  createDeployment: {
    method: 'POST',
    path: '/projects/:project/deployments',
    action: 'deployment.write',
    summary: 'Releases the content of a revision to one environment.',
    notes:
      'Commits to an environment that is released step by step do this by themselves. `strategy` `emergency` goes at once and supersedes what is under way; it is for content that was everywhere within the last 30 days. Otherwise 409 `deployment_active` names who is in the way.',
    query: writeQuery,
    body: createDeploymentBody,
    environmentIn: 'body',
    answer: deployment,
    status: 201,
    write: 'direct',
  },
  getDeployment: {
    method: 'GET',
    path: '/projects/:project/deployments/:deployment',
    action: 'deployment.read',
    summary: 'Answers one deployment.',
    query: noQuery,
    answer: deployment,
  },
  pauseDeployment: {
    method: 'POST',
    path: '/projects/:project/deployments/:deployment/pause',
    action: 'deployment.write',
    summary: 'Stands still: nobody more gets the candidate. The gate goes on.',
    query: writeQuery,
    body: actBody,
    answer: deployment,
    write: 'direct',
  },
  resumeDeployment: {
    method: 'POST',
    path: '/projects/:project/deployments/:deployment/resume',
    action: 'deployment.write',
    summary: 'Goes on, with what was left of the step.',
    query: writeQuery,
    body: actBody,
    answer: deployment,
    write: 'direct',
  },
  promoteDeployment: {
    method: 'POST',
    path: '/projects/:project/deployments/:deployment/promote',
    action: 'deployment.write',
    summary: 'To everybody now, then bake; of one that bakes: done.',
    notes:
      'Content that was not everywhere in the last 30 days bakes one step first (409 `deployment_refused`).',
    query: writeQuery,
    body: actBody,
    answer: deployment,
    write: 'direct',
  },
  abortDeployment: {
    method: 'POST',
    path: '/projects/:project/deployments/:deployment/abort',
    action: 'deployment.write',
    summary: 'Takes the candidate back from everybody who has it.',
    query: writeQuery,
    body: actBody,
    answer: deployment,
    write: 'direct',
  },
  alarmDeployment: {
    method: 'POST',
    path: '/projects/:project/deployments/:deployment/alarm',
    action: 'deployment.alarm',
    summary:
      'Tells that something is wrong, from a monitor: does what the gate of the environment says.',
    query: writeQuery,
    body: actBody,
    answer: deployment,
    write: 'direct',
  },
} as const satisfies Readonly<Record<string, Route>>
